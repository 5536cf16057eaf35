"""Revisions of the customer database, applied by `dialog.crm.schema.upgrade` at every start.

A new revision is a file in `versions`, named like the others, with `down_revision` set to the one
before it. A test compares the tables it leads to with `dialog.crm.models`.
"""
