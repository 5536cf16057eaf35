"""The dialogue: engine port and Rasa adapter, verification, secrets, customer database."""
