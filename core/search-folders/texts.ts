/** Changes whenever a text below does, so that the mount shows the new one. */
export const TEXTS_VERSION = "1";

export const README_NAME = "README.txt";
export const INDEXING_NAME = "000 The index is still being built.txt";

export const README_TEXT = `Searches as folders
===================

Name a folder here that does not exist, and it does: it holds links to the tracks
that its name finds, the best first.

  ls ".search/harbour lights"
  mpv .search/artist:vale/*

What a name may hold:

  lux aeterna           both words, in any field; case and accents do not matter
  "slow tide"           words that follow each other
  harb*                 words that begin so
  harbuor~1             words that differ by one letter; ~2 by two
  artist:vale           a field: title, artist, albumartist, album, genre, composer,
                        label, path, comment
  year:1984  year:1980..1989  year:[1980 TO 1989]  year:>=1990
  vale OR marrow        either; AND is what a blank means; ( ) group
  -live   NOT live      without

A name cannot hold a slash: leave it out, 'ac dc' finds AC/DC. Mistakes are passed over,
so any name is some query; one that finds nothing is an empty folder. A name that begins
with a dot is none.

A folder's links follow the library: look it up again, and they are those of now. While
the index is being built, a folder says so in a file of its own. None of these folders is
ever listed, so whoever walks the tree meets only this file.
`;

export const INDEXING_TEXT = `The search index of this library is still being built, so tracks may be missing here.
Look at this folder again in a while: 'musicfs status' tells how far it is.
`;
