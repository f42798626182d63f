// vitepress's default theme, wider, and the colours of the pictures.
import DefaultTheme from 'vitepress/theme';
import './layout.css';
import './pictures.css';

export default DefaultTheme;
