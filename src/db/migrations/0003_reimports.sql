ALTER TABLE "files" ADD COLUMN "name_rank" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "overwrite_edits" boolean DEFAULT false NOT NULL;