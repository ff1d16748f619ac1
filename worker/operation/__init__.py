"""Commands for whoever runs the site: test the mails, back up and restore, find out what is wrong."""
