-- The login, as audit_export.performed_by has it.
SELECT session_user AS performed_by
