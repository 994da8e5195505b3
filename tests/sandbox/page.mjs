// A page with the stand-in SDK: node page.mjs <sdk url> <client token> <scenario>
// Prints what the scenario's callbacks were given, or the name of the error that was thrown.
import vm from "node:vm";

const [sdk, token, scenario] = process.argv.slice(2);
const container = {
  children: [],
  appendChild(child) {
    this.children.push(child);
  },
};
const page = {
  atob,
  fetch,
  setTimeout,
  document: {
    querySelector: (selector) => (selector === "#klarna" ? container : null),
    createElement: () => ({ style: {}, setAttribute() {} }),
  },
};
page.window = page;

const ready = new Promise((resolve) => (page.klarnaAsyncCallback = resolve));
vm.runInNewContext(await (await fetch(sdk)).text(), page);
await ready;

const payments = page.Klarna.Payments;
const promised = (call) => (options, data) =>
  new Promise((resolve, reject) => {
    try {
      payments[call](options, data, resolve);
    } catch (error) {
      reject(error);
    }
  });
const load = promised("load");
const authorize = promised("authorize");
const reauthorize = promised("reauthorize");
const finalize = promised("finalize");
const one = { payment_method_category: "klarna" };
const shown = { container: "#klarna", payment_method_category: "klarna" };
const billed = (email) => ({ billing_address: { email } });

const scenarios = {
  async authorize() {
    payments.init({ client_token: token });
    return [await load(shown), await authorize(one, billed("a@email.de"))];
  },
  async "leave out data"() {
    payments.init({ client_token: token });
    const loaded = await new Promise((resolve) => payments.load(shown, resolve));
    return [loaded, await new Promise((resolve) => payments.authorize(one, resolve))];
  },
  async decline() {
    payments.init({ client_token: token });
    return [await load(shown), await authorize(one, billed("a+denied@email.de"))];
  },
  async "prescreen"() {
    payments.init({ client_token: token });
    return [await load(shown, billed("a+red@email.de")), container.children.length];
  },
  async finalize() {
    payments.init({ client_token: token });
    await load(shown);
    const first = await authorize(
      { ...one, auto_finalize: false },
      billed("a+sbx-finalize@email.de"),
    );
    return [first, await finalize(one)];
  },
  async reauthorize() {
    payments.init({ client_token: token });
    return [await reauthorize(one)];
  },
  async "forget init"() {
    return [await load(shown)];
  },
  async "forget load"() {
    payments.init({ client_token: token });
    return [await authorize(one)];
  },
  async "forget category"() {
    payments.init({ client_token: token });
    return [await load({ container: "#klarna" })];
  },
  async "load nowhere"() {
    payments.init({ client_token: token });
    return [await load({ ...shown, container: "#nowhere" })];
  },
  async "authorize another category"() {
    payments.init({ client_token: token });
    await load(shown);
    return [await authorize({ payment_method_category: "pay_now" })];
  },
  async "load another category"() {
    payments.init({ client_token: token });
    return [await load({ ...shown, payment_method_category: "pay_now" })];
  },
  async "authorize twice at once"() {
    payments.init({ client_token: token });
    await load(shown);
    payments.authorize(one, () => {});
    return [await authorize(one)];
  },
  async "bad token"() {
    payments.init({ client_token: "not a token" });
  },
  async "foreign token"() {
    payments.init({ client_token: "e30.e30.e30" });
  },
};

try {
  console.log(JSON.stringify(await scenarios[scenario]()));
} catch (error) {
  console.log(JSON.stringify(error.name));
}
