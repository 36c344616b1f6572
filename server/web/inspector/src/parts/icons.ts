// The app's few pictures, as paths on a grid of 24. A word always stands beside one.

export const ICONS = {
  home: 'M4 11 12 4l8 7v9h-5v-6H9v6H4z',
  pin: 'M12 21s-7-6.2-7-11.5A7 7 0 0 1 19 9.5C19 14.8 12 21 12 21zM12 12a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  flag: 'M6 21V4m0 1h11l-2.5 4L17 13H6',
  sync: 'M20 12a8 8 0 0 1-14 5.3M4 12a8 8 0 0 1 14-5.3M18 3v4h-4M6 21v-4h4',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  check: 'M5 12.5l5 5L19.5 7',
  pencil: 'M5 19l1-4L16 5l3 3L9 18zM14 7l3 3',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2',
  cloud: 'M7 18h10a4 4 0 0 0 .5-7.97A6 6 0 0 0 6 10.5 3.8 3.8 0 0 0 7 18zM9.5 13.5l2 2 3.5-4',
  alert: 'M12 4l9 16H3zM12 10v4m0 2.5v.5',
  camera: 'M4 8h4l1.5-2.5h5L16 8h4v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z',
  note: 'M5 4h14v12l-4 4H5zM8 9h8M8 13h5',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5L21 21',
  map: 'M4 6l5-2 6 2 5-2v14l-5 2-6-2-5 2zM9 4v14M15 6v14',
  list: 'M8 6h12M8 12h12M8 18h12M4 6h.1M4 12h.1M4 18h.1',
  offline: 'M3 3l18 18M8.5 8.7A8 8 0 0 0 5 11m14-1a11 11 0 0 0-6-3.5M9 15a5 5 0 0 1 5-.7M12 19h.1',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  gear: 'M12 15.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM12 3v3m0 12v3m9-9h-3M6 12H3m15.4-6.4-2.1 2.1M7.7 16.3l-2.1 2.1m12.8 0-2.1-2.1M7.7 7.7 5.6 5.6',
  star: 'M12 4l2.5 5.3 5.5.7-4 4 1 5.8-5-2.8-5 2.8 1-5.8-4-4 5.5-.7z',
  close: 'M6 6l12 12M18 6L6 18',
  ring: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16z',
} as const;

export type IconName = keyof typeof ICONS;
