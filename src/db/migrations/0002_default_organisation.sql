-- The one organisation there is until people can sign up. Its id is `defaultOrganisationId` in the schema.
INSERT INTO "organisations" ("id", "name") VALUES ('org_default', 'My school') ON CONFLICT DO NOTHING;
