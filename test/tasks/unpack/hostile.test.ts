import { describe, expect, test } from 'vitest';
import { unpack } from '../../../tasks/unpack/unpack.ts';
import { leftBehind } from './archived.ts';
import { endOfTar, type Forged, forgedEntry, forgedHeader, paxHeader, paxRecord } from './hostile-tars.ts';
import { type Files, membersOf, plaintextOf, sealedTask, sha256, tarOf } from './sealed.ts';

const content = Buffer.from('content');
const first: Files = [['index-0', content]];
const firstEntry = forgedEntry(content, { name: 'index-0' });

/** A volume whose digests all agree: whoever made it holds the signing key. */
async function refusal(dataTar: Buffer, files: Files = first, members?: Files): Promise<unknown> {
  const { task, restore } = await sealedTask(await plaintextOf(dataTar, files, members));
  const error = await unpack(task).catch((reason: unknown) => reason);
  expect(await leftBehind(restore)).toEqual([]);
  return error;
}
const named = (name: string, message: RegExp): object => ({
  name,
  message: expect.stringMatching(message) as string,
});
const after = (...entries: Buffer[]): Buffer => Buffer.concat([firstEntry, ...entries, endOfTar]);

describe('an entry', () => {
  test.each<[string, string]>([
    ['/etc/passwd', 'is absolute'],
    ['../index-1', 'segment'],
    ['indices/AbC_-1/../../../x', 'segment'],
    ['indices/AbC_-1/./x', 'segment'],
    ['indices/AbC_-1//x', 'empty'],
    ['indices/AbC_-1/x/', 'empty'],
    ['', 'empty'],
    ['indices\\AbC_-1\\x', 'backslash'],
    ['indices/AbC_-1/a\nb', 'control character|not printable'],
    ['indices/AbC_-1/a\u0085b', 'control character|not printable'],
    ['indices/AbC_-1', 'neither root metadata'],
    ['indices/other/0/__a', 'neither root metadata'],
    ['indices/AbC_-1x/0/__a', 'neither root metadata'],
    ['indices', 'neither root metadata'],
    ['index-', 'neither root metadata'],
    ['index-00', 'neither root metadata'],
    ['index.latest.bak', 'neither root metadata'],
    ['snap-a/b.dat', 'neither root metadata'],
    ['snap-.dat', 'neither root metadata'],
    ['tests-x/master.dat', 'neither root metadata'],
    ['.hidden', 'neither root metadata'],
  ])('named %j is refused, plain or by a PAX header', async (name, why) => {
    const plain = await refusal(after(forgedEntry(content, { name })), [...first, [name || 'x', content]]);
    expect(plain).toMatchObject(named('HostileEntry', new RegExp(why)));
    const pax = after(paxHeader(paxRecord('path', name)), forgedEntry(content, { name: 'index-7' }));
    expect(await refusal(pax, [...first, [name || 'x', content]])).toMatchObject(
      named('HostileEntry', new RegExp(why)),
    );
  });

  test.each<[string, Forged, RegExp]>([
    ['a hard link', { type: '1', link: 'index-0' }, /is a hard link/],
    ['a symbolic link', { type: '2', link: '/etc' }, /is a symbolic link/],
    ['a character device', { type: '3' }, /is a character device/],
    ['a block device', { type: '4' }, /is a block device/],
    ['a directory', { type: '5' }, /is a directory/],
    ['a FIFO', { type: '6' }, /is a FIFO/],
    ['a contiguous file', { type: '7' }, /is a contiguous file/],
    ['an old regular file', { type: '\0' }, /before ustar/],
    ['a global PAX header', { type: 'g' }, /is a global PAX header/],
    ['a GNU sparse file', { type: 'S' }, /is a GNU sparse file/],
    ['a GNU long name', { type: 'L' }, /is a GNU long name/],
    ['a GNU long link', { type: 'K' }, /is a GNU long link name/],
    ['a GNU volume', { type: 'M' }, /is a GNU continuation/],
    ['of an unknown type', { type: 'Z' }, /is of the type "Z"/],
    ['with a link target', { link: 'index-0' }, /names a link target/],
    ['of GNU tar', { magic: 'ustar  \0' }, /not in the POSIX ustar format/],
    ['of an ancient tar', { magic: '' }, /not in the POSIX ustar format/],
    ['with bytes behind its name', { name: 'index-1\0x' }, /not printable/],
    ['of a prefix that leads out', { prefix: '..', name: 'index-1' }, /segment/],
  ])('that is %s is refused', async (_, fields, why) => {
    const files: Files = [...first, ['index-1', content]];
    const tar = after(forgedEntry(content, { name: 'index-1', ...fields }));
    expect(await refusal(tar, files)).toMatchObject(named('HostileEntry', why));
  });

  test.each<[string, string, RegExp]>([
    ['negative', '-0000000001\0', /octal/],
    ['in base 256', '\x80\0\0\0\0\0\0\0\0\0\0\x07', /octal/],
    ['empty', '\0'.repeat(12), /octal/],
    ['larger than the tar', '77777777777\0', /does not fit/],
  ])('whose size is %s is refused', async (_, size, why) => {
    const tar = after(Buffer.concat([forgedHeader(7, { name: 'index-1', size }), Buffer.alloc(512)]));
    expect(await refusal(tar, [...first, ['index-1', content]])).toMatchObject({
      name: expect.stringMatching(/^(HostileEntry|VolumeCorrupt)$/) as string,
      message: expect.stringMatching(why) as string,
    });
  });

  test('that comes twice, in whatever spelling, is refused', async () => {
    expect(await refusal(after(firstEntry), first)).toMatchObject(named('HostileEntry', /"index-0" twice/));
    const again = after(paxHeader(paxRecord('path', 'index-0')), forgedEntry(content, { name: 'other' }));
    expect(await refusal(again, first)).toMatchObject(named('HostileEntry', /"index-0" twice/));
  });

  test('above the number of the manifest is refused', async () => {
    const tar = await tarOf([...first, ['index-1', content]]);
    expect(await refusal(tar, first)).toMatchObject(named('HostileEntry', /more than 1 entries/));
  });
});

describe('a PAX header', () => {
  const behind = (...records: string[]): Buffer =>
    after(paxHeader(records.join('')), forgedEntry(content, { name: 'index-1' }));
  test.each<[string, Buffer, RegExp]>([
    ['that names a link', behind(paxRecord('linkpath', '/etc/passwd')), /record "linkpath=/],
    ['of a sparse file', behind(paxRecord('GNU.sparse.map', '0,1')), /record "GNU\.sparse/],
    ['with another character set', behind(paxRecord('hdrcharset', 'BINARY')), /record "hdrcharset/],
    ['with two paths', behind(paxRecord('path', 'index-1'), paxRecord('path', 'index-2')), /two records for path/],
    ['with a size in other digits', behind(paxRecord('size', '0x7')), /has the size/],
    ['with a size beyond all numbers', behind(paxRecord('size', '99999999999999999999')), /has the size/],
    ['with another size than the entry', behind(paxRecord('size', '8')), /two sizes/],
    ['whose record is too long', behind(paxRecord('path', 'index-1', 400)), /length is wrong/],
    ['whose record is too short', behind(paxRecord('path', 'index-1', 9)), /length is wrong/],
    ['that is empty', behind(''), /empty/],
    [
      'that is not UTF-8',
      after(forgedEntry(Buffer.from('10 path=\xff\n', 'latin1'), { type: 'x' }), firstEntry),
      /not UTF-8/,
    ],
    ['of more than 64 KiB', behind(paxRecord('path', 'p'.repeat(70_000))), /of 7\d+ bytes/],
    [
      'for another PAX header',
      after(paxHeader(paxRecord('path', 'a')), paxHeader(paxRecord('path', 'b'))),
      /not followed/,
    ],
    ['for nothing', after(paxHeader(paxRecord('path', 'a'))), /not followed/],
    ['with a NUL in the path', behind(paxRecord('path', 'index-1\0')), /control character/],
    ['with a path of 1,100 bytes', behind(paxRecord('path', `indices/xyz/${'p'.repeat(1100)}`)), /longer than/],
  ])('%s is refused', async (_, tar, why) => {
    expect(await refusal(tar, [...first, ['index-1', content]])).toMatchObject(named('HostileEntry', why));
  });
});

describe('a data.tar', () => {
  const good = Buffer.concat([firstEntry, endOfTar]);
  const wrongSum = Buffer.from(good);
  wrongSum[150]! ^= 1;
  const dirtyPadding = Buffer.from(good);
  dirtyPadding[600] = 1;
  test.each<[string, Buffer, RegExp]>([
    ['with a wrong checksum in a header', wrongSum, /checksum/],
    ['with bytes in its padding', dirtyPadding, /other than zero behind the entry "index-0"/],
    ['that goes on behind its end', Buffer.concat([good, Buffer.alloc(512)]), /behind the end/],
    ['with one block of zeros at its end', good.subarray(0, -512), /without its two blocks|does not fit/],
    ['without an end', good.subarray(0, -1024), /without its two blocks|does not fit/],
    ['that is empty', Buffer.alloc(0), /without its two blocks/],
    ['cut off in a header', good.subarray(0, 300), /without its two blocks/],
  ])('%s is refused', async (_, tar, why) => {
    expect(await refusal(tar)).toMatchObject({ message: expect.stringMatching(why) as string });
  });
});

describe('what goes around data.tar', () => {
  const files: Files = [...first, ['indices/xyz/0/__a', Buffer.from('a')]];
  const line = (name: string, bytes: Uint8Array): string => `${sha256(bytes)}  ${name}\n`;
  const members = async (change: (members: Files) => Files): Promise<unknown> => {
    const tar = await tarOf(files);
    return await refusal(tar, files, change(membersOf(tar, files)));
  };
  const listOf = (text: string): Promise<unknown> =>
    members(([data, digest]) => [data!, digest!, ['objects.sha256', Buffer.from(text)]]);

  test('must have its three members in order and no other', async () => {
    const failing = async (change: (members: Files) => Files, message: RegExp): Promise<void> => {
      expect(await members(change)).toMatchObject({
        name: expect.stringMatching(/^(HostileEntry|VolumeCorrupt)$/) as string,
        message: expect.stringMatching(message) as string,
      });
    };
    await failing(([data, digest]) => [data!, digest!], /has no objects\.sha256/);
    await failing(([data]) => [data!], /has no data\.tar\.sha256/);
    await failing(() => [], /has no data\.tar/);
    await failing(
      ([data, digest, list]) => [data!, list!, digest!],
      /"objects\.sha256" where data\.tar\.sha256 must be/,
    );
    await failing(([data, digest, list]) => [digest!, data!, list!], /"data\.tar\.sha256" where data\.tar must be/);
    await failing((all) => [...all, ['more', content]], /more than 3 entries/);
    await failing(([, ...rest]) => [['data.tar', content], ...rest], /has 7 bytes where the signed manifest says/);
  });

  test('must have the digest of data.tar', async () => {
    const error = await members(([data, , list]) => [
      data!,
      ['data.tar.sha256', Buffer.from(line('data.tar', content))],
      list!,
    ]);
    expect(error).toMatchObject(named('VolumeCorrupt', /data\.tar\.sha256 is not the digest/));
  });

  test('must list every object of data.tar with its digest, in order, and no other', async () => {
    const [one, two] = files.map(([name, bytes]) => line(name, bytes));
    expect(await listOf(one!)).toMatchObject(named('VolumeCorrupt', /indices\/xyz\/0\/__a is not in objects/));
    const more = line('indices/xyz/0/__b', content);
    expect(await listOf(one! + two! + more)).toMatchObject(
      named('VolumeCorrupt', /lists indices\/xyz\/0\/__b, which is not/),
    );
    const other = line('indices/xyz/0/__a', content);
    expect(await listOf(one! + other)).toMatchObject(
      named('VolumeCorrupt', /The object indices\/xyz\/0\/__a has the SHA-256/),
    );
    expect(await listOf(two! + one!)).toMatchObject(named('VolumeCorrupt', /cannot be read/));
    expect(await listOf('nonsense')).toMatchObject(named('VolumeCorrupt', /cannot be read/));
    expect(await listOf('x'.repeat(3_000_000))).toMatchObject(named('VolumeCorrupt', /more than the objects need/));
  });

  test('must agree with the signed manifest', async () => {
    const tar = await tarOf(files);
    const plaintext = await plaintextOf(tar, files);
    const otherTar = await sealedTask({ ...plaintext, dataTar: Buffer.alloc(tar.byteLength) });
    await expect(unpack(otherTar.task)).rejects.toMatchObject(
      named('VolumeCorrupt', /data\.tar has the SHA-256 \w+ where the signed manifest says/),
    );
    expect(await leftBehind(otherTar.restore)).toEqual([]);
    const moreObjects = await sealedTask({ ...plaintext, objects: 3 });
    await expect(unpack(moreObjects.task)).rejects.toMatchObject(
      named('VolumeCorrupt', /has 2 objects where the signed manifest says 3/),
    );
    expect(await leftBehind(moreObjects.restore)).toEqual([]);
  });
});
