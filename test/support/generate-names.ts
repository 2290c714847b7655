/** Names as they stand in libraries, of many scripts; all invented, and all fit for a file name. */
const ADJECTIVES = [
  "Amber",
  "Brittle",
  "Crimson",
  "Distant",
  "Électrique",
  "Frozen",
  "Grå",
  "Hollow",
  "Inverted",
  "Jagged",
  "Kühle",
  "Lunar",
  "Mellow",
  "Naïve",
  "Ørsted",
  "Paper",
  "Quiet",
  "Rusted",
  "Silent",
  "Tired",
  "Übrige",
  "Velvet",
  "Wandering",
  "Xenial",
  "Yellow",
  "Zářivý",
];
const NOUNS = [
  "Antenna",
  "Bridges",
  "Cartographers",
  "Doors",
  "Estuary",
  "Ferry",
  "Garden",
  "Harbour",
  "Islands",
  "Jetty",
  "Kiosk",
  "Lanterns",
  "Mountains",
  "Niños",
  "Orchard",
  "Piano",
  "Quarry",
  "Rivers",
  "Señal",
  "Tides",
  "Umbra",
  "Valleys",
  "Wires",
  "Xylophone",
  "Yards",
  "Zephyr",
];
const OTHER_SCRIPTS = [
  "雨の駅",
  "夜行列車",
  "Северный ветер",
  "Белые ночи",
  "Θάλασσα",
  "غيوم",
  "שקט",
  "바람의 노래",
  "ลมหนาว",
  "चाँदनी",
  "Cafe\u0301 noir",
  "Ängelholm",
  "Żółw",
  "🌊 waves",
  "𝄞 study",
];
const GENRES = ["Ambient", "Folk", "Jazz", "Rock", "Électronique", "Chamber", "Dub", "Post-Rock"];

type Random = () => number;

/** Unique by its number. */
export function nameArtist(random: Random, index: number): string {
  return `${nameThing(random, 6)} ${index + 1}`;
}

/** Unique by its number. */
export function nameAlbum(random: Random, index: number): string {
  return `${nameThing(random, 8)} No. ${index + 1}`;
}

export function nameTitle(random: Random): string {
  const name = nameThing(random, 10);
  return random() % 4 === 0 ? `${name} (Part ${1 + (random() % 4)})` : name;
}

export function nameGenre(random: Random): string {
  return pick(GENRES, random);
}

function nameThing(random: Random, oneInOtherScript: number): string {
  if (random() % oneInOtherScript === 0) return pick(OTHER_SCRIPTS, random);
  return `${pick(ADJECTIVES, random)} ${pick(NOUNS, random)}`;
}

function pick(names: readonly string[], random: Random): string {
  return names[random() % names.length] ?? "";
}
