"""E-mail: letters come by IMAP and go by SMTP (IN-3)."""
