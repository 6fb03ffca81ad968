import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestDatabase } from '../../tests/support/database.ts';
import { type Connection, connect, type Database } from '../db/client.ts';
import { connections, defaultOrganisationId as organisationId, organisations } from '../db/schema/index.ts';
import { listConnections, openConnection, saveConnection } from './connections.ts';
import { generateEncryptionKey } from './secret-box.ts';

const school = {
  organisationId,
  apiUrl: 'https://developers.teachable.com/v1',
  label: 'My school',
  apiKey: 'sk-1',
};

let connection: Connection;
let database: Database;

beforeAll(async () => {
  process.env.ENCRYPTION_KEY = generateEncryptionKey();
  connection = connect((await createTestDatabase()).url);
  database = connection.db;
  await database.insert(organisations).values({ id: 'org_other', name: 'Other' });
});
afterAll(() => connection.close());

describe('a connection', () => {
  it('gives its key back to its organisation', async () => {
    const { id } = await saveConnection(database, school);

    const opened = await openConnection(database, { organisationId, connectionId: id });

    expect(id).toMatch(/^con_/);
    expect(opened.apiUrl).toBe(school.apiUrl);
    expect(opened.apiKey.reveal()).toBe('sk-1');
    expect(JSON.stringify(opened)).not.toContain('sk-1');
  });

  it('is not there for another organisation', async () => {
    const { id } = await saveConnection(database, school);

    await expect(
      openConnection(database, { organisationId: 'org_other', connectionId: id }),
    ).rejects.toMatchObject({
      code: 'NOT_FOUND',
      retry: 'never',
    });
    expect(await listConnections(database, { organisationId: 'org_other' })).toEqual([]);
  });

  it('is the same for the same key, with the new label', async () => {
    const first = await saveConnection(database, { ...school, apiKey: 'sk-same' });
    const again = await saveConnection(database, {
      ...school,
      apiUrl: `${school.apiUrl}/`,
      apiKey: ' sk-same ',
      label: 'New name',
    });

    expect(again).toEqual(first);
    const listed = await listConnections(database, { organisationId });
    expect(listed.filter(({ id }) => id === first.id)).toMatchObject([{ label: 'New name' }]);
    const opened = await openConnection(database, { organisationId, connectionId: first.id });
    expect(opened.apiKey.reveal()).toBe('sk-same');
  });

  it('knows the addresses of its pages, told in any form, until others are told', async () => {
    const told = { ...school, apiKey: 'sk-told' };
    const { id } = await saveConnection(database, {
      ...told,
      schoolUrls: 'Ada.teachable.com, https://learn.ada.example/p/x  http://ada.teachable.com:8080',
    });
    await saveConnection(database, told);

    const listed = await listConnections(database, { organisationId });
    expect(listed.find((one) => one.id === id)?.schoolUrls).toEqual([
      'https://ada.teachable.com',
      'https://learn.ada.example',
      'http://ada.teachable.com:8080',
    ]);
    await expect(
      saveConnection(database, { ...told, schoolUrls: 'javascript:alert(1)' }),
    ).rejects.toMatchObject({ code: 'INPUT_INVALID' });
  });

  it('is another for another key, another address and another organisation', async () => {
    const saved = await Promise.all([
      saveConnection(database, { ...school, apiKey: 'sk-a' }),
      saveConnection(database, { ...school, apiKey: 'sk-b' }),
      saveConnection(database, { ...school, apiKey: 'sk-a', apiUrl: 'https://example.com/v1' }),
      saveConnection(database, { ...school, apiKey: 'sk-a', organisationId: 'org_other' }),
    ]);

    expect(new Set(saved.map(({ id }) => id)).size).toBe(4);
  });

  it('stores nothing from which the key could be read', async () => {
    await saveConnection(database, { ...school, apiKey: 'sk-visible' });

    const stored = JSON.stringify(await database.select().from(connections));

    expect(stored).not.toContain('sk-visible');
    expect(stored).not.toContain(Buffer.from('sk-visible').toString('base64').slice(0, 8));
  });

  it('is not shown with its key, encrypted or not', async () => {
    const [shown] = await listConnections(database, { organisationId });

    expect(Object.keys(shown ?? {}).sort()).toEqual([
      'apiUrl',
      'createdAt',
      'id',
      'label',
      'schoolUrls',
      'source',
    ]);
  });

  it('cannot take over the sealed key of another', async () => {
    const { id } = await saveConnection(database, { ...school, apiKey: 'sk-mine' });
    const [mine] = await database.select().from(connections).limit(1);
    await database.insert(connections).values({
      ...school,
      id: 'con_thief',
      source: 'teachable',
      encryptedKey: mine?.encryptedKey ?? '',
      keyFingerprint: 'x',
    });

    expect(id).toBeTruthy();
    await expect(
      openConnection(database, { organisationId, connectionId: 'con_thief' }),
    ).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
    });
  });

  it.each([
    ['apiUrl', { apiUrl: 'ftp://example.com' }],
    ['apiUrl', { apiUrl: 'https://user:sk-bad@example.com/v1' }],
    ['apiUrl', { apiUrl: 'https://example.com/v1?key=sk-bad' }],
    ['apiKey', { apiKey: '' }],
    ['apiKey', { apiKey: 'sk-bad\r\nX-Evil: 1' }],
    ['apiKey', { apiKey: 'sk-bad with words' }],
    ['label', { label: '  ' }],
  ])('is refused with a wrong %s, without telling it', async (field, wrong) => {
    const before = await database.$count(connections);

    const saving = saveConnection(database, { ...school, ...wrong });

    await expect(saving).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining(field),
    });
    await expect(saving).rejects.not.toThrow('sk-bad');
    expect(await database.$count(connections)).toBe(before);
  });
});
