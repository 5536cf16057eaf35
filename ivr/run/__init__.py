"""All parts on one machine: the embedded store, Rasa, its actions and the server."""
