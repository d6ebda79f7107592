// Lectern's one script. Every page works without it; it adds three comforts:
//   select[data-zone-guess]       choose the device's time zone, and show the note named by data-zone-guess (an id)
//   time[data-countdown]          count down to `datetime`, measured on the service's clock (data-now), announced politely
//   #error-summary                take the focus, so that a screen reader starts there
(() => {
  'use strict';

  // Browsers still report some zones by names the tz database has replaced.
  const renamed = {
    'Asia/Calcutta': 'Asia/Kolkata', 'Asia/Katmandu': 'Asia/Kathmandu', 'Asia/Rangoon': 'Asia/Yangon',
    'Asia/Saigon': 'Asia/Ho_Chi_Minh', 'Europe/Kiev': 'Europe/Kyiv', 'America/Buenos_Aires': 'America/Argentina/Buenos_Aires',
    'America/Godthab': 'America/Nuuk', 'Africa/Asmera': 'Africa/Asmara', 'Atlantic/Faeroe': 'Atlantic/Faroe',
  };

  function guessZone(select) {
    const told = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const options = [...select.options];
    const option = [renamed[told], told].map(name => options.find(o => o.value === name)).find(Boolean);
    if (!option) return;
    option.selected = true;
    const note = document.getElementById(select.dataset.zoneGuess);
    if (note) note.hidden = false;
  }

  function liveRegion() {
    const region = document.createElement('p');
    region.className = 'unseen';
    region.setAttribute('role', 'status');
    document.querySelector('main').append(region);
    return region;
  }

  const two = n => String(n).padStart(2, '0');

  function words(seconds) {
    const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  }

  function countDown(time) {
    const end = Date.parse(time.dateTime), shown = Date.parse(time.dataset.now), loaded = Date.now();
    if (Number.isNaN(end)) return;
    const ahead = Number.isNaN(shown) ? 0 : shown - loaded; // the service's clock may differ from the device's
    const region = liveRegion();
    let before = Infinity;
    const tick = () => {
      const left = Math.max(0, Math.round((end - Date.now() - ahead) / 1000));
      time.textContent = words(left);
      const passed = [60, 300, 600].find(mark => before > mark && left <= mark && before !== Infinity);
      if (passed) region.textContent = passed === 60 ? 'One minute left.' : `${passed / 60} minutes left.`;
      if (left === 0) { region.textContent = 'The time is over. Load the page again to see what happened.'; clearInterval(timer); }
      before = left;
    };
    const timer = setInterval(tick, 1000);
    tick();
  }

  for (const select of document.querySelectorAll('select[data-zone-guess]')) guessZone(select);
  for (const time of document.querySelectorAll('time[data-countdown]')) countDown(time);
  const summary = document.getElementById('error-summary');
  if (summary) summary.focus();
})();
