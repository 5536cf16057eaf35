"""What the server counts, for `/metrics`. One registry for each application, no globals."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from ivr.call.record import TurnLatency

_LATENCY_BUCKETS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)


class CallMetrics:
    """Counters of calls, turns, latency and escalations."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.active = Gauge("ivr_calls_active", "Calls that run now", registry=self.registry)
        self.ended = Counter(
            "ivr_calls_ended", "Calls that ended, by outcome", ["outcome"], registry=self.registry
        )
        self.escalations = Counter(
            "ivr_escalations", "Hand-overs to a person", ["reason"], registry=self.registry
        )
        self.answer_seconds = Histogram(
            "ivr_answer_seconds",
            "From the caller's last sound to the answer's first",
            buckets=_LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.stage_seconds = Histogram(
            "ivr_answer_stage_seconds",
            "The same by stage",
            ["stage"],
            buckets=_LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.barge_ins = Counter(
            "ivr_barge_ins", "Times a caller interrupted the line", registry=self.registry
        )

        self._telephony = Counter(
            "ivr_telephony_events",
            "What telephony met: refused signatures, faults of streams, retries",
            ["what"],
            registry=self.registry,
        )

    def count(self, what: str, amount: int = 1) -> None:
        """Telephony's `Tally`."""
        self._telephony.labels(what=what).inc(amount)

    def observe(self, latency: TurnLatency) -> None:
        """Count one answer's latency."""
        self.answer_seconds.observe(latency.total / 1000)
        for stage in ("end_of_turn", "recognise", "dialogue", "synthesise"):
            self.stage_seconds.labels(stage=stage).observe(getattr(latency, stage) / 1000)

    def exposition(self) -> bytes:
        """The metrics in Prometheus' text format."""
        return generate_latest(self.registry)
