"""What the billing service says: the subscription goes up and down, and money comes or does not."""

from catalog.plans import PLANS
from sandbox.traffic import names
from sandbox.traffic.workspace import ScenarioEvent, Workspace


def plan_upgraded(w: Workspace) -> ScenarioEvent:
    rank, seats = PLANS.index(w.subscription["plan"]), w.subscription["seats"]
    if rank + 1 < len(PLANS) and w.rng.random() < 0.6:
        return _subscription_changed(w, plan=PLANS[rank + 1])
    if w.subscription["interval"] == "month" and w.rng.random() < 0.3:
        return _subscription_changed(w, interval="year")
    return _subscription_changed(w, seats=seats + w.rng.randint(1, 9))


def plan_downgraded(w: Workspace) -> ScenarioEvent | None:
    rank, seats = PLANS.index(w.subscription["plan"]), w.subscription["seats"]
    if rank and w.rng.random() < 0.6:
        return _subscription_changed(w, plan=PLANS[rank - 1])
    return _subscription_changed(w, seats=w.rng.randint(1, seats - 1)) if seats > 1 else None


def _subscription_changed(w: Workspace, **change: str | int) -> ScenarioEvent:
    before = w.subscription
    w.subscription = {**before, **change}
    return w.by_user("billing.subscription_changed", {"before": before, "after": w.subscription}, "change_plan", 0.05)


def addon_purchased(w: Workspace) -> ScenarioEvent:
    (addon, price), quantity = w.rng.choice(names.ADDONS), w.rng.randint(1, 3)
    facts = {"addon": addon, "quantity": quantity, "amount": {"minor_units": price * quantity, "currency": "USD"}}
    return w.by_user("billing.addon_purchased", facts, "purchase_addon", 0.05)


def payment_failed(w: Workspace) -> ScenarioEvent:
    """Each invoice is tried three times."""
    if w.failed_attempts % 3 == 0:
        w.unpaid_invoice = w.new_id("in_")
    facts = {
        "invoice_id": w.unpaid_invoice,
        "attempt": 1 + w.failed_attempts % 3,
        "amount": {"minor_units": 2900 * w.subscription["seats"], "currency": "USD"},
        "failure_code": w.rng.choice(names.FAILURES),
    }
    w.failed_attempts += 1
    return w.by_service("billing", "billing.payment_failed", facts)


def invoice_paid(w: Workspace) -> ScenarioEvent:
    amount = {"minor_units": 2900 * w.subscription["seats"], "currency": "USD"}
    return w.by_service("billing", "billing.invoice_paid", {"invoice_id": w.new_id("in_"), "amount": amount})
