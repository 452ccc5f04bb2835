"""Which documents next for whom, and labels in: the Python half of the desk. Knows nothing of the web page.

`checkout` leases documents, `submit` stores labels, `exchange` answers one message of the browser with both.
"""

from review.desk.exchange import exchange
from review.desk.queue import QueueItem, checkout, recall
from review.desk.submit import Receipt, Refused, submit

__all__ = ["QueueItem", "Receipt", "Refused", "checkout", "exchange", "recall", "submit"]
