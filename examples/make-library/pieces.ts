import type { Format, Tags } from "./ffmpeg.js";
import type { Voice } from "./melody.js";

/** One audio file of the example library. All names in it are invented. */
export interface Piece {
  readonly path: string;
  readonly format: Format;
  readonly voice: Voice;
  readonly tags: Tags;
  /** Path of a cover in the library to embed. */
  readonly cover?: string;
  /** Only this part of the file is kept: a download that broke off. */
  readonly keep?: number;
}

/** Covers by path, each with its hue. */
export const COVERS: Readonly<Record<string, number>> = {
  "Marrow & Finch/Salt Lanterns/cover.jpg": 0.62,
  "Various/Harbour Sampler/folder.jpg": 0.05,
};

/** What lies beside the music, by path. */
export const TEXTS: Readonly<Record<string, string>> = {
  "Marrow & Finch/Salt Lanterns/01 Tide Table.lrc": "[00:00.00]The lamp is lit\n[00:01.50]The tide is in\n",
  "Marrow & Finch/Salt Lanterns/Salt Lanterns.m3u":
    "01 Tide Table.flac\n02 Harbour Lights.flac\n03 The Keeper's Daughter.flac\n",
  "Loose/notes.txt": "Rehearsal of Tuesday. Take 3 is the good one.\n",
};

export const PIECES: readonly Piece[] = [
  ...saltLanterns(),
  ...nightShift(),
  ...winterRooms(),
  ...harbourSampler(),
  ...otherScripts(),
  ...loose(),
  ...odd(),
];

function saltLanterns(): Piece[] {
  const cover = "Marrow & Finch/Salt Lanterns/cover.jpg";
  return ["Tide Table", "Harbour Lights", "The Keeper's Daughter"].map((title, index) => ({
    path: `Marrow & Finch/Salt Lanterns/0${index + 1} ${title}.flac`,
    format: "flac",
    voice: "flute",
    cover,
    tags: album("Marrow & Finch", "Salt Lanterns", "2019", "Folk", title, index + 1, 3),
  }));
}

function nightShift(): Piece[] {
  return ["Clock In", "Conveyor Waltz", "Six in the Morning"].map((title, index) => ({
    path: `The Quiet Turbines/Night Shift/0${index + 1} - ${title}.mp3`,
    format: "mp3",
    voice: "organ",
    tags: album("The Quiet Turbines", "Night Shift", "2004", "Electronic", title, index + 1, 3),
  }));
}

function winterRooms(): Piece[] {
  const titles = ["Frost on the Inside", "Two Chairs", "Thaw", "The Long Hallway"];
  return titles.map((title, index) => {
    const disc = Math.floor(index / 2) + 1;
    const track = (index % 2) + 1;
    const tags = album("Ilse Varga Trio", "Winter Rooms", "2011", "Jazz", title, track, 2);
    const guest =
      title === "Thaw"
        ? { artist: "Ilse Varga Trio feat. Marrow & Finch", album_artist: "Ilse Varga Trio" }
        : {};
    return {
      path: `Ilse Varga Trio/Winter Rooms/CD${disc}/0${track} ${title}.m4a`,
      format: "m4a",
      voice: "music box",
      tags: { ...tags, ...guest, disc: `${disc}/2` },
    };
  });
}

function harbourSampler(): Piece[] {
  const artists = ["Tin Clock", "Sister Barometer", "The Quiet Turbines", "Oda Lind"];
  const titles = ["Mooring", "Low Pressure", "Night Ferry", "Gulls, Gulls"];
  return titles.map((title, index) => {
    const format = index % 2 === 0 ? "ogg" : "opus";
    const tags = album(artists[index] ?? "", "Harbour Sampler", "2015", "Pop", title, index + 1, 4);
    return {
      path: `Various/Harbour Sampler/0${index + 1} ${artists[index]} - ${title}.${format}`,
      format,
      voice: index % 2 === 0 ? "flute" : "organ",
      tags: { ...tags, album_artist: "Various Artists", compilation: "1" },
    };
  });
}

function otherScripts(): Piece[] {
  const sea = (title: string, track: number) =>
    album("霧の灯台", "夜の海", "2021", "アンビエント", title, track, 2);
  return [
    { path: "霧の灯台/夜の海/01 灯.opus", format: "opus", voice: "music box", tags: sea("灯", 1) },
    { path: "霧の灯台/夜の海/02 波の音.m4a", format: "m4a", voice: "flute", tags: sea("波の音", 2) },
    {
      path: "Tin Clock/Field Takes/bells.wav",
      format: "wav",
      voice: "music box",
      tags: {
        title: "Bells at Noon",
        artist: "Tin Clock",
        album: "Field Takes",
        track: "1",
        genre: "Field Recording",
      },
    },
  ];
}

function loose(): Piece[] {
  const twin = { title: "The Same Song", artist: "Sister Barometer", album: "Twins", track: "1" };
  return [
    { path: "Loose/rehearsal take 3.mp3", format: "mp3", voice: "flute", tags: {} },
    { path: "Loose/07 - Oda Lind - Untagged.ogg", format: "ogg", voice: "organ", tags: {} },
    {
      path: "Loose/really a flac.mp3",
      format: "flac",
      voice: "music box",
      tags: { title: "Wrong Label", artist: "Oda Lind", album: "Mislaid", date: "1998" },
    },
    {
      path: "Loose/cut off.flac",
      format: "flac",
      voice: "flute",
      tags: { title: "Cut Off", artist: "Oda Lind" },
      keep: 0.4,
    },
    { path: "Loose/same tags, one.ogg", format: "ogg", voice: "flute", tags: twin },
    { path: "Loose/same tags, two.ogg", format: "ogg", voice: "music box", tags: twin },
  ];
}

function odd(): Piece[] {
  const composed = "Caf\u00e9 Z\u00e9ro";
  const long = `${"A Title That Goes On and On, ".repeat(11)}and Then Stops`;
  return [
    {
      path: "Odd/-leading dash.ogg",
      format: "ogg",
      voice: "organ",
      tags: { title: "..", artist: "Over/Under", album: "../../../etc/passwd", track: "1" },
    },
    {
      path: `Odd/it's "quoted".mp3`,
      format: "mp3",
      voice: "music box",
      tags: { title: "one\ntwo\x07\x1b[31mred", artist: "Over/Under", album: "Control\x01 Characters" },
    },
    {
      path: "Odd/back\\slash.opus",
      format: "opus",
      voice: "flute",
      tags: { title: "gnos\u202Egpj.exe", artist: "Over/Under", album: "Right\u200B to Left" },
    },
    {
      path: "Odd/Trailing dot. /ends badly.m4a",
      format: "m4a",
      voice: "organ",
      tags: { title: "The End. ", artist: "Trailing Dot.", album: "... ", date: "1987" },
    },
    {
      path: "Odd/long.flac",
      format: "flac",
      voice: "organ",
      tags: { title: long, artist: "Over/Under", album: "Long" },
    },
    {
      path: "Odd/emoji.opus",
      format: "opus",
      voice: "music box",
      tags: { title: "🌊🎷👩‍🎤", artist: "🦑", album: "🌊", date: "2022" },
    },
    {
      path: "Odd/composed.mp3",
      format: "mp3",
      voice: "flute",
      tags: { title: composed, artist: composed, album: "Accents" },
    },
    {
      path: "Odd/combining.mp3",
      format: "mp3",
      voice: "organ",
      tags: { title: composed.normalize("NFD"), artist: composed.normalize("NFD"), album: "Accents" },
    },
  ];
}

function album(
  artist: string,
  name: string,
  date: string,
  genre: string,
  title: string,
  track: number,
  tracks: number,
): Tags {
  return { title, artist, album_artist: artist, album: name, date, genre, track: `${track}/${tracks}` };
}
