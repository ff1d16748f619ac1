// On the pages for visitors who are not signed in: deletes what browser-store.js keeps, so that a shared computer holds
// nobody's pictures.
indexedDB.deleteDatabase("revive");
