ALTER TABLE "budgets" ALTER COLUMN "rate_per_minute" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "budgets" ALTER COLUMN "next_call_at" SET DATA TYPE timestamp (6) with time zone;--> statement-breakpoint
ALTER TABLE "budgets" ALTER COLUMN "next_call_at" SET DEFAULT now();--> statement-breakpoint
ALTER TABLE "budgets" ADD COLUMN "askers" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "budgets" ADD COLUMN "calls_by_month" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "budgets" ADD COLUMN "monthly_quota" integer;--> statement-breakpoint
ALTER TABLE "budgets" ADD COLUMN "exhausted_until" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "budgets" ADD COLUMN "silent_refusals" integer DEFAULT 0 NOT NULL;