// What a visited page is held against. Runs in the page; answers with what it found.
const done = arguments[arguments.length - 1];
const own = entry => entry.name.startsWith(location.origin + '/') || /^(data|blob):/.test(entry.name);
const loaded = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
const root = document.documentElement;
const found = {
  weight: loaded.reduce((sum, entry) => sum + entry.encodedBodySize, 0),
  foreign: loaded.filter(entry => !own(entry)).map(entry => entry.name),
  too_wide: root.scrollWidth - root.clientWidth,
  serious: [],
};
// The policy must stop a script that is written into the page.
const shielded = new Promise(resolve => {
  document.addEventListener('securitypolicyviolation', () => resolve(true), { once: true });
  const script = document.createElement('script');
  script.textContent = 'window.unshielded = true';
  document.head.append(script);
  script.remove();
  setTimeout(() => resolve(false), 20000);
});
const checked = axe.run(document, { resultTypes: ['violations'] }).then(result => {
  const bad = result.violations.filter(one => ['serious', 'critical'].includes(one.impact));
  found.serious = bad.map(one => one.id + ': ' + one.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(' | '));
});
Promise.all([shielded, checked]).then(([kept]) => {
  found.shielded = kept && !window.unshielded;
  done(found);
}, error => done({ failed: String(error) }));
