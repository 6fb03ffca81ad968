import Link from 'next/link';

export const metadata = { title: 'Not found' };

export default function NotFound() {
  return (
    <div className="mx-auto max-w-prose py-12">
      <h1 className="text-2xl">There is nothing at this address</h1>
      <p className="mt-3">It may have been removed, or the address may have been cut off on the way here.</p>
      <p className="mt-6 flex flex-wrap gap-3">
        <Link href="/imports" className="button button-primary">
          Imports
        </Link>
        <Link href="/courses" className="button">
          Courses
        </Link>
      </p>
    </div>
  );
}
