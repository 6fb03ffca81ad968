CREATE TABLE "orphaned_objects" (
	"storage_key" text PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "course_slugs" (
	"organisation_id" text NOT NULL,
	"source" text NOT NULL,
	"host" text NOT NULL,
	"slug" text NOT NULL,
	"lesson_source_id" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "course_slugs_organisation_id_source_host_slug_pk" PRIMARY KEY("organisation_id","source","host","slug")
);
--> statement-breakpoint
ALTER TABLE "files" ADD COLUMN "name_rank" smallint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "files" ADD COLUMN "of_file_id" text;--> statement-breakpoint
ALTER TABLE "files" ADD COLUMN "track" jsonb;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "school_urls" text[] DEFAULT '{}'::text[] NOT NULL;--> statement-breakpoint
ALTER TABLE "import_issues" ADD COLUMN "lesson_source_id" text;--> statement-breakpoint
ALTER TABLE "import_issues" ADD COLUMN "resolved_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "import_issues" ADD COLUMN "resolved_by" text;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "overwrite_edits" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "pause_reason" text;--> statement-breakpoint
ALTER TABLE "imports" ADD COLUMN "rolled_back_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "source_links" ADD COLUMN "created_by" text;--> statement-breakpoint
ALTER TABLE "orphaned_objects" ADD CONSTRAINT "orphaned_objects_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "course_slugs" ADD CONSTRAINT "course_slugs_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "files" ADD CONSTRAINT "files_of_file_id_files_id_fk" FOREIGN KEY ("of_file_id") REFERENCES "public"."files"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "files_of_file_id_index" ON "files" USING btree ("of_file_id");--> statement-breakpoint
CREATE INDEX "import_issues_open" ON "import_issues" USING btree ("organisation_id","code") WHERE resolved_at is null;--> statement-breakpoint
CREATE INDEX "source_links_created_by_index" ON "source_links" USING btree ("created_by");