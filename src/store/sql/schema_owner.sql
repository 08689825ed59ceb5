-- The owner of a pggit schema that is not to be trusted.
SELECT owner.rolname::text
FROM pg_namespace AS n JOIN pg_roles AS owner ON owner.oid = n.nspowner
WHERE n.nspname = 'pggit' AND owner.rolname <> session_user AND NOT owner.rolsuper
