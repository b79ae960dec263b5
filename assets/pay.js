// The page on which an order is paid: asks the server for what WeChat's window wants, and
// opens it. What WeChat says here is only shown; whether it was paid the server finds out.
"use strict";

const button = document.getElementById("pay");
const said = document.getElementById("said");
const BRIDGE_WAIT_MS = 3000;

/** WeChat puts it into its own browser, sometimes a moment late; null: another browser. */
function bridge() {
  if (window.WeixinJSBridge) return Promise.resolve(window.WeixinJSBridge);
  return new Promise((resolve) => {
    document.addEventListener("WeixinJSBridgeReady", () => resolve(window.WeixinJSBridge), { once: true });
    setTimeout(() => resolve(window.WeixinJSBridge || null), BRIDGE_WAIT_MS);
  });
}

async function pay() {
  said.textContent = "请稍等……";
  const wechat = await bridge();
  if (!wechat) throw new Error("请用下单的微信，从聊天里点开这一页再付。");
  const form = new URLSearchParams({ o: button.dataset.order, t: button.dataset.token });
  const answer = await fetch("/pay/", { method: "POST", body: form });
  const parameters = await answer.json();
  if (!answer.ok) throw new Error(parameters.said);
  return new Promise((resolve) => {
    wechat.invoke("getBrandWCPayRequest", parameters, (result) => resolve(result.err_msg));
  });
}

button.addEventListener("click", async () => {
  button.disabled = true;
  try {
    const result = await pay();
    if (result === "get_brand_wcpay_request:ok") {
      location.reload();
      return;
    }
    said.textContent = result === "get_brand_wcpay_request:cancel"
      ? "没有付。要付请再点一次。"
      : "没有付成。请用下单的微信再点一次，还不行请打电话。";
  } catch (error) {
    said.textContent = error.message || "网络不通，请过一会儿再点一次。";
  }
  button.disabled = false;
});
