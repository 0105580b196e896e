"use strict";
// Passkeys: allauth's script asks the browser for them. What a page wants stands in its attributes: which of allauth's forms, and the ids.
for (const asks of document.querySelectorAll("[data-passkey]")) {
  const { passkey, ...ids } = asks.dataset;
  if (!window.PublicKeyCredential) continue;
  window.allauth.webauthn.forms[passkey]({ ids });
  asks.hidden = false;
  document.getElementById("no-passkeys")?.remove();
}
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("passkey-error").hidden = false;
});
