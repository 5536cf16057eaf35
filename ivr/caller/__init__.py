"""`ivr call`: a caller that behaves as Twilio does, over real sockets in real time.

Reading order: `scenario` (what the caller does), `phone` (one call), `twiml` and `stream` (what
the line's answers make Twilio do), `script` (the steps), `report` (what came of it).
"""
