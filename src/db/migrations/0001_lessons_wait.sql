ALTER TABLE "import_items" ADD COLUMN "requested_at" timestamp (3) with time zone;--> statement-breakpoint
CREATE INDEX "import_items_lessons_waiting" ON "import_items" USING btree ("import_id","position") WHERE kind = 'lesson' and requested_at is null;--> statement-breakpoint
ALTER TABLE "imports" DROP COLUMN "report";