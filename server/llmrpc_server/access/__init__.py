"""Who may do what: principals and their scopes, and the audit log. auth/ tells whose an RPC is."""
