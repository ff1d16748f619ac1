"""Webhooks: signed messages to addresses of an owner's choice that say how jobs ended.

docs/webhooks.md describes them for who receives them.
"""
