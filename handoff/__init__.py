"""From the assistant to a person: escalation rules, summary, sentiment, queue."""
