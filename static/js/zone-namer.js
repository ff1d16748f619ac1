// A worker that names the time zone: see time-zone.js.
postMessage(Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
