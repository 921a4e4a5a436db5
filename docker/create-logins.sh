#!/bin/sh
# Run once, by the image of PostgreSQL, when its data folder is made. Two logins, neither a superuser:
# gridwork_owner owns the database and migrates it; gridwork_login is what API and worker use: it owns nothing.
set -eu
psql --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$GRIDWORK_OWNER_PASSWORD" --set login_password="$GRIDWORK_LOGIN_PASSWORD" <<'SQL'
CREATE ROLE gridwork_owner LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE ROLE gridwork_app NOLOGIN;
GRANT gridwork_app TO gridwork_owner WITH ADMIN OPTION;
CREATE ROLE gridwork_login LOGIN PASSWORD :'login_password' IN ROLE gridwork_app;
CREATE DATABASE gridwork OWNER gridwork_owner TEMPLATE template0 ENCODING 'UTF8';
SQL
