"""The customer database: SQLite by default, PostgreSQL in production.

`database.open_database` is the way in; `ports.CustomerRepository` is what the rest of the project
sees. The rows of `models` never leave this package: callers get the values of `types`.
"""
