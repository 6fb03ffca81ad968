CREATE TABLE "image_variants" (
	"storage_key" text PRIMARY KEY NOT NULL,
	"organisation_id" text NOT NULL,
	"asset_id" text,
	"format" text NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"bytes" integer NOT NULL,
	"sha256" text NOT NULL,
	"created_at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "image_variants_asset_id_width_format_unique" UNIQUE("asset_id","width","format")
);
--> statement-breakpoint
ALTER TABLE "assets" ADD COLUMN "variants_swept_at" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "image_variants" ADD CONSTRAINT "image_variants_organisation_id_organisations_id_fk" FOREIGN KEY ("organisation_id") REFERENCES "public"."organisations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "image_variants" ADD CONSTRAINT "image_variants_asset_id_assets_id_fk" FOREIGN KEY ("asset_id") REFERENCES "public"."assets"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "assets_unswept_images" ON "assets" USING btree ("created_at") WHERE variants_swept_at is null and content_type like 'image/%';