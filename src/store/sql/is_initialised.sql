SELECT 'true'
FROM pg_namespace AS n
JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'branch' AND c.relowner = n.nspowner
JOIN pg_roles AS owner ON owner.oid = n.nspowner
WHERE n.nspname = 'pggit' AND (owner.rolname = session_user OR owner.rolsuper)
