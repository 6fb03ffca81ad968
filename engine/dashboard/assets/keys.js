/* Sends a form with Ctrl+Enter or Cmd+Enter, as Enter alone begins a new line of a text. Buttons do the same without this script. */

for (const text of document.querySelectorAll('textarea')) {
  text.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    text.form?.requestSubmit();
  });
  const hint = document.createElement('span');
  hint.className = 'note';
  hint.textContent = navigator.platform.startsWith('Mac') ? 'or ⌘ Enter' : 'or Ctrl+Enter';
  text.form?.querySelector('button')?.after(hint);
}
