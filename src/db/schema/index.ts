export * from './assets.ts';
export * from './connections.ts';
export * from './courses.ts';
export * from './image-variants.ts';
export * from './imports.ts';
export * from './organisations.ts';
export * from './outbox.ts';
