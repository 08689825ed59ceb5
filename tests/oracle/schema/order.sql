-- What must be made in an order that neither kinds nor names give.
CREATE SCHEMA ord;
CREATE TABLE ord.users (id integer PRIMARY KEY, name text);
CREATE FUNCTION ord.find_users_by_id(integer) RETURNS ord.users LANGUAGE sql STABLE AS 'SELECT * FROM ord.users WHERE id = $1';
CREATE TABLE ord.a_table_on_function (id integer DEFAULT (ord.find_users_by_id(1)).id, u ord.users);
CREATE VIEW ord.a_view AS SELECT (ord.find_users_by_id(2)).name AS name;
CREATE FUNCTION ord.a_function_on_view() RETURNS SETOF ord.a_view LANGUAGE sql BEGIN ATOMIC SELECT name FROM ord.a_view; END;
CREATE VIEW ord.a_view_on_function AS SELECT name FROM ord.a_function_on_view();
CREATE MATERIALIZED VIEW ord.a_matview AS SELECT name FROM ord.a_view_on_function WITH NO DATA;
CREATE FUNCTION ord.a_function_on_matview(m ord.a_matview) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT 'x' $$;
CREATE TABLE ord.a_table_on_view (v ord.a_view, vs ord.a_view[]);
CREATE DOMAIN ord.a_domain_on_table AS ord.users CHECK ((VALUE).id > 0);
CREATE FUNCTION ord.a_function_on_domain(d ord.a_domain_on_table) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE TABLE ord.b_table (d ord.a_domain_on_table, CHECK (ord.a_function_on_domain(d)));
CREATE FUNCTION ord.z_depends_on_y() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT 1; END;
CREATE FUNCTION ord.y() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT ord.z_depends_on_y(); END;
CREATE FUNCTION ord.a_depends_on_y(i integer DEFAULT ord.y()) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE TABLE ord.a_table_by_default (a integer DEFAULT ord.a_depends_on_y(), b text GENERATED ALWAYS AS (ord.a_depends_on_y(3)::text) STORED);
CREATE VIEW ord.z_first AS SELECT 1 AS one;
CREATE VIEW ord.m_second AS SELECT one FROM ord.z_first;
CREATE VIEW ord.a_third AS SELECT one FROM ord.m_second JOIN ord.z_first USING (one);
-- A column's type is a table that has a foreign key back.
CREATE TABLE ord.key_holder (id integer PRIMARY KEY, u ord.users, next integer);
CREATE TABLE ord.a_key_user (id integer PRIMARY KEY REFERENCES ord.key_holder, h ord.key_holder);
ALTER TABLE ord.key_holder ADD FOREIGN KEY (next) REFERENCES ord.a_key_user;
-- A view that needs a primary key to group by.
CREATE TABLE ord.keyed (id integer PRIMARY KEY, a text, b text);
CREATE VIEW ord.by_key AS SELECT k.id, k.a, k.b, count(*) AS n FROM ord.keyed k GROUP BY k.id;
