"""Files that hold other files: archives, compressed files, crawls and mails.

Belongs here: walking a container within the limits. Does not belong here: the formats of its
members.
"""
