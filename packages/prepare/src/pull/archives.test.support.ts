// For tests: archives made byte by byte, honest and hostile ones. Nothing here checks anything.
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

/** A member of a zip; what is not given is made honestly. */
export interface ZipMember {
  readonly name: string;
  readonly data?: Buffer;
  readonly stored?: boolean;
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  /** What the directory says of the unpacked size. */
  readonly size?: number;
  /** Unix mode; 0 for an archive made on DOS. */
  readonly mode?: number;
}

/** A zip archive. */
export function zipOf(members: readonly ZipMember[]): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const {
    name,
    data = Buffer.from(`text of ${name}\n`),
    stored = false,
    flags = 0x800,
    mode = 0o100644,
    ...forged
  } of members) {
    const packed = stored ? data : deflateRawSync(data);
    const method = forged.method ?? (stored ? 0 : 8);
    const raw = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(forged.crc ?? crc32(data), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(forged.size ?? data.length, 18);
    common.writeUInt16LE(raw.length, 22);
    bodies.push(Buffer.from('PK\u0003\u0004'), common, raw, packed);
    const made = Buffer.alloc(2);
    made.writeUInt16LE(mode === 0 ? 20 : (3 << 8) | 20, 0);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE((mode << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\u0001\u0002'), made, common, rest, raw);
    offset += 30 + raw.length + packed.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 0, 'latin1');
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, central, end]);
}

/** A member of a tar. */
export interface TarMember {
  readonly name: string;
  readonly data?: Buffer;
  /** 0 a file, 1 a hard link, 2 a symbolic link, 3 a device, 5 a folder. */
  readonly type?: '0' | '1' | '2' | '3' | '5';
  readonly link?: string;
}

/** A tar.gz archive. */
export function tarGzOf(members: readonly TarMember[]): Buffer {
  const blocks = members.flatMap(
    ({ name, type = '0', link = '', data = type === '0' ? Buffer.from(`text of ${name}\n`) : Buffer.alloc(0) }) => {
      const header = Buffer.alloc(512);
      header.write(name, 0);
      header.write('0000644\0', 100);
      header.write('0000000\0', 108);
      header.write('0000000\0', 116);
      header.write(`${data.length.toString(8).padStart(11, '0')}\0`, 124);
      header.write('00000000000\0', 136);
      header.write('        ', 148);
      header.write(type, 156);
      header.write(link, 157);
      header.write('ustar\u000000', 257);
      const sum = header.reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
    },
  );
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}
