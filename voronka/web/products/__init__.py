"""The price list: looked up by everybody, changed by those who set the CRM up."""
