-- What people and their tools ask psql for.
\pset null ∅
\d
\d users
\d+ users
\d shop.*
\d+ shop.orders
\d part
\d+ v
\dn
\dn+
\dt
\dt *.*
\dt public.*
\dt shop.*
\dv *.*
\dm *.*
\di *.*
\ds *.*
\df
\df *.f
\df+ shop.*
\dT
\dT+ shop.*
\dp
\dp shop.*
\ddp
\dD *.*
\dy
\dx
\dX
\do shop.*
\da shop.*
\dC public.*
\dO
\dF shop.*
\dRp
\sf shop.f
\sf+ tf
\sv v
\sv+ shop.w
\d shop.pair
\dE *.*
\dc shop.*
\det
\dL
\dAc btree int4
\dAo btree int4
\dP
\dP+
select current_schema, current_schema(), current_schemas(true), current_schemas(false);
select n.nspname, c.relname from pg_class c join pg_namespace n on n.oid=c.relnamespace where n.nspname=current_schema() order by 2;
select relname, relnamespace::regnamespace from pg_class where relnamespace='public'::regnamespace order by 1;
select table_schema, table_name, table_type from information_schema.tables where table_schema not in ('pg_catalog','information_schema') order by 1,2;
select table_schema, table_name, column_name, data_type, udt_schema, udt_name, column_default from information_schema.columns where table_schema in ('public','shop') order by 1,2,ordinal_position;
select schema_name, schema_owner from information_schema.schemata order by 1;
select * from pg_tables where schemaname='shop';
select schemaname, indexname, indexdef from pg_indexes where schemaname in ('public','shop') order by 1,2;
select * from pg_views where schemaname in ('public','shop') order by 1,2;
select conname, pg_get_constraintdef(oid), conrelid::regclass from pg_constraint where connamespace = 'shop'::regnamespace order by 1;
select 'shop.orders'::regclass, to_regclass('shop.orders'), pg_get_serial_sequence('users','id'), pg_get_serial_sequence('shop.orders','id');
select constraint_schema, constraint_name, unique_constraint_schema, unique_constraint_name from information_schema.referential_constraints;
select routine_schema, routine_name, data_type, type_udt_schema, type_udt_name from information_schema.routines where routine_schema in ('public','shop') order by 1,2;
explain (verbose, costs off) select * from shop.w;
select tgrelid::regclass, tgname, pg_get_triggerdef(oid) from pg_trigger where not tgisinternal;
select evtname from pg_event_trigger;
select attrelid::regclass, attname, format_type(atttypid, atttypmod) from pg_attribute join pg_class c on c.oid = attrelid where relname = 'orders' and attnum > 0;
select pg_describe_object(classid, objid, 0) from pg_depend where refobjid = 'users'::regclass and deptype = 'n' order by 1;
with pg_class as (select 1 as a) select a from pg_class;
select json_agg(json_build_object('schema', n.nspname, 'def', pg_get_indexdef(i.indexrelid)) order by i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'shop';
select c.oid::regclass from pg_class c where relnamespace = 'shop'::regnamespace and relkind = 'r';
do $$declare n text := ''; r record; begin for r in select table_schema from information_schema.tables where table_name = 'orders' loop n := n || r.table_schema; end loop; raise notice '% %', n, current_schema(); end$$;
prepare defs (text) as select pg_get_viewdef(c.oid) from pg_class c where relname = $1;
execute defs ('w');
select c.oid::regclass::text from pg_class c where c.oid::regclass::text in ('shop.orders', 'users', 'shop.w') order by 1;
select nspname from pg_namespace where oid::regnamespace::text = 'shop';
select relname::regclass, (n || '.orders')::regclass, cast(n || '.f' as regproc), (n || '.pair')::regtype from pg_class, (values ('shop')) as s (n) where relname = 'users';
select (n || '.f(int, public.mood)')::regprocedure, array_to_string(array[n || '.orders', 'users']::regclass[], ' '), regtype(n || '.pair[]'), 'shop.orders'::text::regclass from (values ('shop')) as s (n);
select unnest(array['shop.orders', 'users'])::regclass as x order by 1;
prepare casts as select $1::regclass, $1::regclass::text, 'shop'::name::regnamespace::text, array_to_string($2::regclass[], ' ');
execute casts ('shop.orders', '{users,shop.w}');
select to_regnamespace('"' || n || '"'), n::regnamespace, lower(n)::regnamespace::oid::regnamespace::text, to_regnamespace(n) from (values ('SHOP')) as s (n);
select ('nope' || '.t')::regclass;
select table_to_xml('shop.orders', true, false, '');
select schema_to_xml('shop', true, false, '');
drop table if exists nope.t;
drop schema if exists nope;
drop type nope.t;
select nope.f(1);
begin;
create schema made;
create table made.t (a int primary key);
\d made.t
select has_schema_privilege('made', 'usage'), 'made.t'::regclass;
alter schema made rename to remade;
\dt remade.*
rollback;
\dn
begin;
set search_path = public, shop;
rollback;
show search_path;
create function shop.named(who shop.pair) returns int language sql as 'select named.who.a + 1';
select shop.named((1, 'x'));
do $$begin perform * from shop.nope; end$$;
select name from pg_prepared_statements order by 1;
