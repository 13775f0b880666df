"use strict";
// The generator as a fragment shader: each pixel is computed from its own place, by itself.

const ACROSS = 1024;  // texels in a row of a texture

CIPS.shaderSource = function (network, offsets) {
  const { fourierFeatures, embeddingFeatures, rows, columns, cylinder, sine } = network;
  const calls = network.layers.map((layer, number) => {
    const { weight, style } = offsets[number];
    const sizes = `${layer.inputs / 4}, ${weight}, ${style}`;
    return layer.rgb ? `colour += rgb(${sizes});`
      : `layer(${sizes}, ${layer.outputs / 4}, ${layer.gain.toFixed(8)});`;
  });
  return `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
uniform sampler2D weights, styles, mask;
uniform vec4 window;    // left, top, right, bottom
uniform vec2 size, keep;
uniform bool masked;
out vec4 result;
vec4 x[${network.width / 4}], y[${network.width / 4}];
float blend;
vec4 weight(int i) { return texelFetch(weights, ivec2(i % ${ACROSS}, i / ${ACROSS}), 0); }
vec4 style(int i) { return texelFetch(styles, ivec2(i % ${ACROSS}, i / ${ACROSS}), 0); }
vec4 scaled(int i, int inputs, int at) { return x[i] * mix(style(at + i), style(at + inputs + i), blend); }
vec4 product(int i, int at) {
  return mat4(weight(at), weight(at + 1), weight(at + 2), weight(at + 3)) * y[i];
}
void layer(int inputs, int matrix, int at, int outputs, float gain) {  // Eq. 2
  for (int i = 0; i < inputs; i++) y[i] = scaled(i, inputs, at);
  at += 2 * inputs;
  float rest = 1.0 - blend;
  for (int o = 0; o < outputs; o++) {
    vec4 sum = vec4(0);
    for (int i = 0; i < inputs; i++) sum += product(i, matrix + 4 * (o * inputs + i));
    vec4 length = rest * rest * style(at + o) + 2.0 * rest * blend * style(at + outputs + o)
      + blend * blend * style(at + 2 * outputs + o);
    sum = sum * gain * inversesqrt(length) + style(at + 3 * outputs + o);
    x[o] = ${sine ? "sin(sum)" : "max(sum, 0.2 * sum)"};
  }
}
vec3 rgb(int inputs, int matrix, int at) {
  vec4 sum = style(at + 2 * inputs);
  for (int i = 0; i < inputs; i++) {
    y[i] = scaled(i, inputs, at);
    sum += product(i, matrix + 4 * i);
  }
  return sum.rgb;
}
void encode(vec2 place) {
  vec4 p = ${cylinder ? "vec4(sin(3.14159265 * place.x), cos(3.14159265 * place.x), place.y, 1)"
    : "vec4(place, 0, 1)"};
  for (int i = 0; i < ${fourierFeatures / 4}; i++) {  // Eq. 3
    for (int j = 0; j < 4; j++) {
      x[i][j] = keep.x * sin(dot(weight(${offsets.fourier} + 4 * i + j), p));
    }
  }
  vec2 at = (place + 1.0) * 0.5 * vec2(${cylinder ? columns : columns - 1}, ${rows - 1});
  ivec2 low = ivec2(floor(at));
  vec2 part = at - vec2(low);
  for (int i = 0; i < ${embeddingFeatures / 4}; i++) {
    vec4 sum = vec4(0);
    for (int corner = 0; corner < 4; corner++) {
      ivec2 step = ivec2(corner & 1, corner >> 1);
      ivec2 cell = ${cylinder ? `ivec2((low.x + step.x + ${columns}) % ${columns}, clamp(low.y + step.y, 0, ${rows - 1}))`
    : `clamp(low + step, ivec2(0), ivec2(${columns - 1}, ${rows - 1}))`};
      vec2 share = mix(1.0 - part, part, vec2(step));
      sum += share.x * share.y
        * weight(${offsets.table} + (cell.y * ${columns} + cell.x) * ${embeddingFeatures / 4} + i);
    }
    x[${fourierFeatures / 4} + i] = keep.y * sum;
  }
}
void main() {
  vec2 pixel = vec2(gl_FragCoord.x - 0.5, size.y - gl_FragCoord.y - 0.5);
  vec2 steps = size - vec2(${cylinder ? "0" : "1"}, 1);
  blend = masked ? texture(mask, pixel / (size - 1.0)).r : 0.0;
  encode(mix(window.xy, window.zw, pixel / steps));
  vec3 colour = vec3(0);
  ${calls.join("\n  ")}
  result = vec4(colour * 0.5 + 0.5, 1);
}`;
};

/** Draws a request into its own canvas, which the page copies from. */
CIPS.Shader = class {
  constructor(network, canvas = document.createElement("canvas")) {
    const gl = canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true });
    if (!gl) throw new Error("no WebGL2");
    Object.assign(this, { network, canvas, gl, kind: "WebGL2", most: 1024 });
    const { texels, offsets } = CIPS.pack(network);
    const program = gl.createProgram();
    const corners = `#version 300 es
      void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0, 1); }`;
    for (const [type, source] of [[gl.VERTEX_SHADER, corners],
      [gl.FRAGMENT_SHADER, CIPS.shaderSource(network, offsets)]]) {
      const shader = gl.createShader(type);
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    }
    gl.linkProgram(program);
    gl.useProgram(program);
    this.at = (name) => gl.getUniformLocation(program, name);
    ["weights", "styles", "mask"].forEach((name, unit) => {
      gl.uniform1i(this.at(name), unit);
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
      const filter = name === "mask" ? gl.LINEAR : gl.NEAREST;
      for (const way of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, way, filter);
      for (const way of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, way, gl.CLAMP_TO_EDGE);
    });
    this.upload(0, texels);
  }

  upload(unit, numbers) {
    const gl = this.gl;
    const rows = Math.ceil(numbers.length / 4 / ACROSS);
    const padded = new Float32Array(rows * ACROSS * 4);
    padded.set(numbers);
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA32F, ACROSS, rows, 0, gl.RGBA, gl.FLOAT, padded);
  }

  /**
   * `styles`: of Network.modulate; `window`: left, top, right, bottom; `keep`: 0 for an encoding
   * that is left out (Fig. 6); `mask`: {width, height, values}, 255 for the second style alone.
   */
  draw({ styles, width, height, window = [-1, -1, 1, 1], keep = [1, 1], mask = null }) {
    const { gl, canvas, network } = this;
    [canvas.width, canvas.height] = [width, height];
    this.upload(1, styles.flatMap(({ first, second, lengths }, number) => {
      const layer = network.layers[number];
      const bias = [...layer.bias, ...new Array((4 - layer.outputs % 4) % 4).fill(0)];
      return layer.rgb ? [...first, ...second, ...bias]
        : [...first, ...second, ...lengths.first, ...lengths.both, ...lengths.second, ...bias];
    }));
    if (mask) {
      gl.activeTexture(gl.TEXTURE2);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, mask.width, mask.height, 0, gl.RED, gl.UNSIGNED_BYTE, mask.values);
    }
    gl.viewport(0, 0, width, height);
    gl.uniform4fv(this.at("window"), window);
    gl.uniform2f(this.at("size"), width, height);
    gl.uniform2fv(this.at("keep"), keep);
    gl.uniform1i(this.at("masked"), mask ? 1 : 0);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    return canvas;
  }
};

/** Lay the weights out as texels: a matrix in blocks of 4 x 4, a block's columns one by one. */
CIPS.pack = function (network) {
  const texels = [];
  const offsets = [];
  let style = 0;
  for (const layer of network.layers) {
    const outputs = Math.ceil(layer.outputs / 4);
    const inputs = layer.inputs / 4;
    offsets.push({ weight: texels.length / 4, style });
    style += layer.rgb ? 2 * inputs + 1 : 2 * inputs + 4 * outputs;
    for (let o = 0; o < outputs; o++) {
      for (let column = 0; column < layer.inputs; column++) {
        for (let row = 4 * o; row < 4 * o + 4; row++) {
          texels.push(row < layer.outputs ? layer.weight[row * layer.inputs + column] : 0);
        }
      }
    }
  }
  offsets.fourier = texels.length / 4;
  texels.push(...network.fourier);
  offsets.table = texels.length / 4;
  for (const value of network.table) texels.push(value);
  return { texels, offsets };
};

/** Return what draws fastest here. */
CIPS.rendererOf = function (network) {
  try {
    return new CIPS.Shader(network);
  } catch (error) {
    console.warn(`plain JavaScript draws: ${error.message}`);
    return new CIPS.Plain(network);
  }
};
