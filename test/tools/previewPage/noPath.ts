// In the page there are no disk paths to reckon with: nothing that it runs asks for them.
export default {
  sep: '/',
};
