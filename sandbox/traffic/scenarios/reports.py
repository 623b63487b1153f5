"""What the reports and the analyses services say: exports, which are recorded, and reading, which is not."""

from sandbox.traffic import names
from sandbox.traffic.workspace import ScenarioEvent, Workspace


def exported(w: Workspace) -> ScenarioEvent:
    report, format_ = w.rng.randrange(len(names.REPORTS)), w.rng.choice(("pdf", "docx", "json"))
    facts = {"report_id": _report_id(w, report), "title": names.REPORTS[report], "format": format_}
    return w.by_user("report.exported", facts, "export_report")


def viewed(w: Workspace) -> ScenarioEvent:
    facts = {"report_id": _report_id(w, w.rng.randrange(len(names.REPORTS)))}
    return w.by_member(w.rng.choice(list(w.members)), "report.viewed", facts, "get_report")


def dashboard_viewed(w: Workspace) -> ScenarioEvent:
    facts = {"dashboard_id": f"dash_{w.id[4:]}"}
    return w.by_member(w.rng.choice(list(w.members)), "dashboard.viewed", facts)


def analysis_submitted(w: Workspace) -> ScenarioEvent:
    w.analyses.append(w.new_id("ana_"))
    facts = {"analysis_id": w.analyses[-1]}
    return w.by_member(w.rng.choice(list(w.members)), "analysis.submitted", facts, "submit_analysis")


def analysis_completed(w: Workspace) -> ScenarioEvent | None:
    if not w.analyses:
        return None
    return w.by_service("analyses", "analysis.completed", {"analysis_id": w.analyses.pop(0)})


def _report_id(w: Workspace, report: int) -> str:
    # A report keeps its id and title within a workspace.
    return f"rep_{w.id[4:20]}{report}"
