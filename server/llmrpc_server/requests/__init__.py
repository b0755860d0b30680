"""A request read by itself, before anybody decides who answers it.

validation, message_rules, rules: what is wrong with it.
features, media: what it demands of whoever answers it.
fingerprint: which requests ask the same.
"""
