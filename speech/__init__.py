"""Words from samples and back: recognition, spoken values, wording, synthesis. No dialogue."""
