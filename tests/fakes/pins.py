"""PIN hashes that cost their time only once."""

from dialog.crm.pins import PinHasher


class RememberingPins(PinHasher):
    """Real hashes; the same PIN gets the one made before, so that many tests stay quick."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, str] = {}

    def hash(self, pin: str) -> str:
        if pin not in self._made:
            self._made[pin] = super().hash(pin)
        return self._made[pin]
