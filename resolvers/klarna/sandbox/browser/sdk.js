// A stand-in for Klarna's browser SDK: the same calls, answered by the sandbox instead of a shopper.
(function () {
  "use strict";

  var state = { session: null, categories: {}, pending: false };

  function fail(name, message) {
    var error = new Error(message);
    error.name = name;
    throw error;
  }

  function claims(token) {
    var parts = typeof token === "string" ? token.split(".") : [];
    if (parts.length !== 3) fail("InvalidClientTokenError", "The client token is not a JWT.");
    try {
      var text = atob(parts[1].replace(/-/g, "+").replace(/_/g, "/"));
      var found = JSON.parse(text);
      if (typeof found.session_id === "string" && typeof found.base_url === "string") return found;
    } catch (_) {
      // told below, like a token of another service
    }
    return fail("InvalidClientTokenError", "The client token is not one of the sandbox's.");
  }

  function initialized() {
    if (!state.session) {
      fail("ApplicationNotInitializedError", "Call Klarna.Payments.init() first.");
    }
  }

  function categories(options) {
    var chosen = (options && options.payment_method_categories) || [];
    if (!chosen.length && options && options.payment_method_category) {
      chosen = [options.payment_method_category];
    }
    chosen.forEach(function (category) {
      var offered = state.session.payment_method_categories || [];
      if (offered.indexOf(category) < 0) {
        fail("PaymentMethodCategoryNotSupportedError", category + " is not offered.");
      }
    });
    return chosen;
  }

  // Klarna's callers may leave out `data`: load(options, callback)
  function spread(data, callback) {
    return typeof data === "function" ? { callback: data } : { data: data, callback: callback };
  }

  function ask(step, options, data, callback) {
    var body = { data: data || {} };
    var chosen = categories(options);
    if (chosen.length) body.payment_method_categories = chosen;
    if (options && typeof options.auto_finalize === "boolean") {
      body.auto_finalize = options.auto_finalize;
    }
    var url = state.session.base_url + "/sessions/" + state.session.session_id + "/" + step;
    fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    })
      .then(function (response) {
        return response.json().then(function (answer) {
          if (response.ok) return answer;
          var refused = { error: { code: answer.error, message: answer.message } };
          if (step === "load") return Object.assign({ show_form: false }, refused);
          return Object.assign({ approved: false, show_form: true }, refused);
        });
      })
      .catch(function (error) {
        var lost = { error: { code: "UNREACHABLE", message: String(error) } };
        if (step === "load") return Object.assign({ show_form: false }, lost);
        return Object.assign({ approved: false, show_form: true }, lost);
      })
      .then(function (answer) {
        state.pending = false;
        if (callback) callback(answer);
      });
  }

  function draw(container, chosen) {
    container.textContent = "";
    var form = document.createElement("div");
    form.setAttribute("data-klarna-sandbox", chosen.join(" "));
    form.setAttribute("role", "group");
    form.textContent = "Klarna sandbox: " + chosen.join(", ");
    form.style.cssText = "border:1px dashed;border-radius:8px;padding:16px;font:inherit";
    container.appendChild(form);
  }

  function once(step, options, data, callback) {
    if (state.pending) {
      fail("OperationNotSupportedError", "Wait for the callback of the call before.");
    }
    state.pending = true;
    ask(step, options, data, callback);
  }

  window.Klarna = window.Klarna || {};
  window.Klarna.Payments = {
    init: function (options) {
      state.session = claims(options && options.client_token);
      state.categories = {};
      state.pending = false;
    },

    load: function (options, data, callback) {
      var given = spread(data, callback);
      initialized();
      var container = options && options.container;
      if (typeof container === "string") container = document.querySelector(container);
      if (!container || !container.appendChild) {
        fail("InvalidContainerSelectorError", "The container is not on the page.");
      }
      var chosen = categories(options);
      if (!chosen.length) {
        fail("PaymentMethodCategoryNotProvidedError", "Name a payment method category.");
      }
      ask("load", options, given.data, function (answer) {
        if (answer.show_form) {
          draw(container, chosen);
          chosen.forEach(function (category) {
            state.categories[category] = true;
          });
        }
        if (given.callback) given.callback(answer);
      });
    },

    authorize: function (options, data, callback) {
      var given = spread(data, callback);
      initialized();
      if (!Object.keys(state.categories).length) {
        fail("ApplicationNotLoadedError", "Call Klarna.Payments.load() first.");
      }
      categories(options).forEach(function (category) {
        if (!state.categories[category]) {
          fail("PaymentMethodCategoryNotSupportedError", category + " was not loaded.");
        }
      });
      once("authorize", options, given.data, given.callback);
    },

    reauthorize: function (options, data, callback) {
      var given = spread(data, callback);
      initialized();
      once("reauthorize", options, given.data, given.callback);
    },

    finalize: function (options, data, callback) {
      var given = spread(data, callback);
      initialized();
      once("finalize", options, given.data, given.callback);
    },

    loadPaymentReview: function () {
      initialized();
      fail("OperationNotSupportedError", "The sandbox has no payment review.");
    },
  };

  if (typeof window.klarnaAsyncCallback === "function") {
    setTimeout(window.klarnaAsyncCallback, 0);
  }
})();
