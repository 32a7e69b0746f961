"""The receiver of events: verify, store, answer; nothing else. What an event means is `services.events`'s business."""

from awra_desk.webhooks.receiver import Receiver, path_of
from awra_desk.webhooks.schemes import SCHEMES, Scheme

__all__ = ["SCHEMES", "Receiver", "Scheme", "path_of"]
