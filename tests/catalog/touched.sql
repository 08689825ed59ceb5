CREATE SCHEMA other;
CREATE TYPE public.mood AS ENUM ('sad', 'ok');
CREATE FUNCTION public.twice(v integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 2 * v';
CREATE FUNCTION public.feel(m public.mood) RETURNS public.mood[] LANGUAGE sql AS 'SELECT ARRAY[m]';
CREATE PROCEDURE public.work() LANGUAGE sql AS 'SELECT 1';
CREATE DOMAIN public.amount AS integer DEFAULT 1 CONSTRAINT positive CHECK (VALUE > 0);
CREATE DOMAIN public.even AS integer CONSTRAINT doubled CHECK (public.twice(VALUE) > 0);
CREATE TYPE public.pair AS (a integer, m public.mood);
CREATE SEQUENCE public.lone;
CREATE TABLE public.users (
  id serial PRIMARY KEY, name text NOT NULL, moods public.mood[], amount public.amount, pair public.pair,
  boss integer REFERENCES public.users, CONSTRAINT short CHECK (length(name) < 10));
CREATE TABLE public.orders (
  id integer GENERATED ALWAYS AS IDENTITY, user_id integer REFERENCES public.users, code integer DEFAULT public.twice(1),
  number bigint DEFAULT nextval('public.lone'), CONSTRAINT doubled CHECK (public.twice(code) > 0), UNIQUE (code));
CREATE INDEX by_name ON public.users (lower(name));
CREATE INDEX by_twice ON public.orders (public.twice(code));
CREATE VIEW public.active AS SELECT id, name FROM public.users WHERE name <> '';
CREATE VIEW public.named AS SELECT name FROM public.active;
CREATE MATERIALIZED VIEW public.summary AS SELECT count(*) AS users FROM public.users;
CREATE UNIQUE INDEX by_count ON public.summary (users);
CREATE FUNCTION public.first() RETURNS public.users LANGUAGE sql BEGIN ATOMIC SELECT * FROM public.users; END;
CREATE FUNCTION public.audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER audit BEFORE UPDATE OF name ON public.users FOR EACH ROW EXECUTE FUNCTION public.audit();
CREATE POLICY own ON public.users USING (name <> '' AND public.feel('ok') IS NOT NULL AND EXISTS (SELECT 1 FROM public.orders AS o WHERE o.user_id = users.id));
CREATE RULE log AS ON UPDATE TO public.orders DO ALSO UPDATE public.users SET name = 'x' WHERE id = new.user_id AND amount = public.twice(new.code);
CREATE STATISTICS public.names ON name, boss FROM public.users;
CREATE STATISTICS public.codes ON (public.twice(code)) FROM public.orders;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT INSERT ON TABLES TO pg_monitor;
CREATE FUNCTION public.paired(integer) RETURNS public.pair LANGUAGE sql AS 'SELECT NULL::public.pair';
CREATE CAST (text AS public.mood) WITH INOUT;
