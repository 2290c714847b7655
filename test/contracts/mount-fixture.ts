import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Catalogue, openCatalogue } from "../../core/catalogue/catalogue.js";
import { ROOT_VIEW } from "../../core/catalogue/schema.js";
import { ErrnoError } from "../../core/errno.js";
import { makeGeneratedFolders } from "../../core/generated/generated-disk.js";
import { GeneratedFiles } from "../../core/generated/generated-files.js";
import { Placer } from "../../core/library/placer.js";
import { TreeEditor } from "../../core/library/tree-editor.js";
import { type EntryChange, type NodeAttributes, ROOT_INO } from "../../core/model/entry.js";
import type { Mount, MountAccess, MountDriver, MountSession } from "../../core/model/mount-driver.js";
import { dropMessages } from "./set-up-plugin.js";

const NEVER = new AbortController().signal;
const GENERATED_BYTES = 1024 * 1024;
const CHILD = fileURLToPath(new URL("./mount-child.js", import.meta.url));
/** Longest that a child process may look at a mount, in milliseconds. */
const CHILD_MS = 30_000;

/** A directory that no listing shows and whose names are made when they are looked up. */
export const LATE_FOLDER = ".late";
/** Names in {@link LATE_FOLDER} whose lookup never ends, or fails with EACCES. Those that begin with `made` are made. */
export const LATE_NAME = { hangs: "hangs", fails: "fails", made: "made" } as const;

/** What a child process is asked to do with a mount. */
export type ChildTask =
  | { readonly do: "walk"; readonly folder: string }
  | { readonly do: "stat"; readonly folder: string; readonly file: string }
  | { readonly do: "hold"; readonly folder: string; readonly file: string; readonly holdMs: number }
  | { readonly do: "read"; readonly folder: string; readonly file: string }
  | { readonly do: "write"; readonly folder: string; readonly file: string };

/** What a child process saw. */
export type SeenEntry =
  | { readonly path: string; readonly kind: "directory" }
  | { readonly path: string; readonly kind: "link"; readonly sizeBytes: number; readonly target: string }
  | { readonly path: string; readonly kind: "file"; readonly sizeBytes: number; readonly base64: string };

/** A small catalogue of two origins, one with files of this disk and one whose bytes come late. */
export class MountFixture {
  readonly session: MountSession;
  /** What the mount must show: content by path. */
  readonly expected = new Map<string, Buffer>();
  /** Targets of the links that it must show, by path. */
  readonly expectedLinks = new Map<string, string>();
  readonly #base: string;
  readonly #catalogue: Catalogue;
  readonly #generated: GeneratedFiles;
  readonly #editor: TreeEditor;
  readonly #placer: Placer;
  readonly #local: number;
  readonly #remote: number;
  readonly #lateIno: number;
  readonly #linked: EntryChange[] = [];
  readonly #gone = new Set<string>();
  readonly #remoteContent = new Map<number, Buffer>();

  constructor() {
    this.#base = realpathSync(mkdtempSync(join(tmpdir(), "musicfs-contract-")));
    const mountpoint = join(this.#base, "mnt");
    mkdirSync(mountpoint);
    const cataloguePath = join(this.#base, "catalogue.sqlite");
    this.#catalogue = openCatalogue(cataloguePath);
    this.#local = this.#catalogue.originNumber("local");
    this.#remote = this.#catalogue.originNumber("remote");
    const originIds = new Map([
      [this.#local, "local"],
      [this.#remote, "remote"],
    ]);
    this.#editor = new TreeEditor({ catalogue: this.#catalogue, wantsPaths: () => false });
    this.#placer = new Placer({
      catalogue: this.#catalogue,
      editor: this.#editor,
      originIds,
      view: ROOT_VIEW,
      rootIno: ROOT_INO,
      reserved: [],
    });
    const root = join(this.#base, "music");
    const folders = makeGeneratedFolders(join(this.#base, "cache"), join(this.#base, "state"));
    this.#generated = new GeneratedFiles({
      catalogue: this.#catalogue,
      folders,
      budgets: { cache: GENERATED_BYTES, covers: GENERATED_BYTES },
      log: dropMessages,
      onChanges: () => undefined,
    });
    this.#generated.addMaker({ name: "contract", make: async ({ recipe }) => Buffer.from(recipe, "base64") });
    this.#lateIno = this.#catalogue.transaction(() =>
      this.#catalogue.tree.insertUnlistedDirectory(ROOT_INO, LATE_FOLDER, 0),
    );
    this.session = {
      mountpoint,
      source: `musicfs:contract-${process.pid}-${performance.now()}`,
      vfs: {
        cataloguePath,
        origins: [{ number: this.#local, local: { root, followSymlinks: false } }, { number: this.#remote }],
        generated: folders,
        lateDirectories: [this.#lateIno],
      },
      late: {
        read: async (ino, _revision, offsetBytes, lengthBytes, _signal, use) => {
          const content = this.#remoteContent.get(ino);
          if (!content) throw new ErrnoError("EIO");
          const lent = Buffer.from(content.subarray(offsetBytes, offsetBytes + lengthBytes));
          // Whoever keeps what was lent to him gives wrong bytes.
          return Promise.resolve(use(lent)).finally(() => lent.fill(0xee));
        },
        refresh: async (ino) => void (await this.#generated.refresh(ino, NEVER)),
        lookup: (_parentIno, name, signal) => this.#lookupLate(name, signal),
      },
      accessed: (access) => this.accesses.push(access),
      log: dropMessages,
    };
  }

  /** Adds a file that lies on this disk. */
  addLocal(path: string, content: Buffer): void {
    const full = join(this.#base, "music", path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
    this.#add(this.#local, path, content, statSync(full).mtimeMs);
  }

  /** Adds a file whose bytes only `late` can give. */
  addRemote(path: string, content: Buffer): void {
    this.#remoteContent.set(this.#add(this.#remote, path, content, 0), content);
  }

  /** Adds a link beside a file or a folder that is there. */
  addLink(folder: string, name: string, target: string): void {
    const { tree } = this.#catalogue;
    const parent = this.inoOf(folder);
    this.#catalogue.transaction(() => tree.insertLink(parent, name, target, Date.now()));
    this.#linked.push({ parentIno: parent, name });
    this.expectedLinks.set(`${folder}/${name}`, target);
  }

  /** Adds a file at the root whose bytes are made when it is opened. */
  addGenerated(name: string, content: Buffer): void {
    this.expected.set(name, content);
    this.#catalogue.transaction(() => {
      const recipe = content.toString("base64");
      const file = { subject: name, recipe, sizeBytes: content.length, mtimeMs: 1_000_000 };
      this.#catalogue.tree.insertName(ROOT_INO, name, this.#generated.declare("contract", file), false, 0);
    });
  }

  /** Removes every file that was made, as somebody does who empties the cache folder. */
  emptyCache(): void {
    rmSync(join(this.#base, "cache", "generated"), { recursive: true });
  }

  /** Takes a local file out of the catalogue. */
  removeLocal(path: string): void {
    const { files } = this.#catalogue;
    const row = files.byPath(this.#local, path);
    if (!row) throw new Error(`'${path}' is not in the catalogue`);
    this.#catalogue.transaction(() => {
      this.#editor.removeTrack(row);
      files.remove(row);
    });
    this.expected.delete(path);
  }

  /** Tells the mount what was added and removed since the last call. */
  async invalidate(mount: Mount): Promise<void> {
    await mount.invalidate([...this.#editor.takeChanges(), ...this.#linked.splice(0)]);
  }

  /** Everything that a process sees in the mount, or in a folder of it. */
  async look(folder = ""): Promise<SeenEntry[]> {
    return (await inChild({ do: "walk", folder: join(this.session.mountpoint, folder) })) as SeenEntry[];
  }

  inoOf(path: string): number {
    const { reader } = this.#catalogue;
    return path.split("/").reduce((ino, each) => reader.lookup(ino, each)?.ino ?? -1, ROOT_INO);
  }

  /** Files that were held open, as the driver told. */
  readonly accesses: MountAccess[] = [];

  /** Has a process open a file, read it, and close it after a while. @returns the process's number. */
  async hold(file: string, holdMs: number): Promise<number> {
    return (await inChild({ do: "hold", folder: this.session.mountpoint, file, holdMs })) as number;
  }

  /** Lookups in the late folder so far, by name; those of one that hangs by their signal, too. */
  readonly lateLookups: { readonly name: string; readonly signal: AbortSignal }[] = [];

  /** Takes a name that was made out of the catalogue; its next lookup finds nothing. */
  removeMade(name: string): void {
    const { tree } = this.#catalogue;
    const row = tree.child(this.#lateIno, name);
    if (!row) throw new Error(`'${name}' was not made`);
    this.#catalogue.transaction(() => tree.removeName(row, 0));
    this.#gone.add(name);
  }

  /** The code of the error that a process gets at a path, or `no error`. */
  async stat(file: string): Promise<string> {
    return (await inChild({ do: "stat", folder: this.session.mountpoint, file })) as string;
  }

  /** The bytes that a process reads at a path, through links. */
  async readThrough(file: string): Promise<Buffer> {
    const task = { do: "read", folder: this.session.mountpoint, file } as const;
    return Buffer.from((await inChild(task)) as string, "base64");
  }

  /** The error of every way to write, by its name. */
  async tryToWrite(file: string): Promise<Record<string, string>> {
    return (await inChild({ do: "write", folder: this.session.mountpoint, file })) as Record<string, string>;
  }

  close(): void {
    this.#catalogue.close();
    rmSync(this.#base, { recursive: true, force: true });
  }

  async #lookupLate(name: string, signal: AbortSignal): Promise<NodeAttributes | undefined> {
    this.lateLookups.push({ name, signal });
    if (name === LATE_NAME.hangs) return new Promise(() => undefined);
    if (name === LATE_NAME.fails) throw new ErrnoError("EACCES");
    if (!name.startsWith(LATE_NAME.made) || this.#gone.has(name)) return undefined;
    const { reader, tree } = this.#catalogue;
    const ino = this.#catalogue.transaction(() => {
      const made = tree.insertUnlistedDirectory(this.#lateIno, name, 0);
      tree.insertLink(made, "one.flac", "../../Artist/Album/01 - One.flac", 0);
      return made;
    });
    return reader.getattr(ino);
  }

  // Without tags: the path in the mount is the path in the origin.
  #add(origin: number, path: string, content: Buffer, mtimeMs: number): number {
    this.expected.set(path, content);
    return this.#catalogue.transaction(() => {
      const row = this.#catalogue.files.insert(origin, { path, sizeBytes: content.length, mtimeMs });
      this.#placer.place(row, [path.split("/")]);
      return row.ino;
    });
  }
}

/** Mounts a fixture, and sees that it is unmounted however `use` ends. */
export async function withMount(
  driver: MountDriver,
  use: (fixture: MountFixture, mount: Mount) => Promise<void>,
): Promise<void> {
  const fixture = new MountFixture();
  try {
    const mount = await driver.mount(fixture.session);
    try {
      await use(fixture, mount);
    } finally {
      await mount.unmount(0);
    }
  } finally {
    fixture.close();
  }
}

async function inChild(task: ChildTask): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, JSON.stringify(task)], {
    timeout: CHILD_MS,
    killSignal: "SIGKILL",
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout);
}
