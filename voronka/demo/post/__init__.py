"""A small post office on this machine: the demo company's mailbox and everybody else's (IN-3).

Nobody needs an account elsewhere to play the client: letters to the company really come by SMTP
and are fetched by IMAP, answers really go out; what goes to any other address lies in one mailbox
that the page /demo/mail/ reads. Nothing leaves the machine.
"""
